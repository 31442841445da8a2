-- Which rights of its account a token has; null: all of them.
alter table api_token add column scopes text[];

-- Affiliates that are taken in are found again by their key, within their member.
create index affiliate_by_import_key on affiliate (import_key, home_member) where import_key is not null;

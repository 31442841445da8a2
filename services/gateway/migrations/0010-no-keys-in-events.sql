-- Keys that activate accounts are in no event any more. Those that were told of before are taken out of what is kept.
update platform.outbox set data = (data::jsonb || '{"activation_key": null}')::json
where noun = 'account' and data ->> 'activation_key' is not null;

update stream_event set payload = jsonb_set(payload::jsonb, '{data,activation_key}', 'null')::text
where noun = 'account' and payload::json #>> '{data,activation_key}' is not null;

update webhook_message set body = jsonb_set(body::jsonb, '{data,activation_key}', 'null')::text
where type like 'account.%' and body::json #>> '{data,activation_key}' is not null;

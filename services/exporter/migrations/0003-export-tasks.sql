-- Each job that makes an export has an id of its own, by which the platform's list of tasks knows it; the events of the
-- job are counted from 1.
alter table export add column task text;
update export set task = 'EX_' || upper(substr(md5(version::text), 1, 8)), seq = 0;

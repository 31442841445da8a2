-- Set on a cancel that nobody answered while its release waited for it: the release has gone on, and the task service is
-- told as soon as it is there again.
alter table command add column overtaken_at timestamptz;

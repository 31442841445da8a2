-- Processes in a row that died while they worked on it: these use up no tries, and have a bound of their own.
alter table export add column deaths integer not null default 0;
alter table bulk_import add column deaths integer not null default 0;

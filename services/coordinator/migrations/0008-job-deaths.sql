-- Processes in a row that died while they ran it: these use up no tries, and have a bound of their own.
alter table job add column deaths integer not null default 0;

-- Which request wrote each field last, by the turns that requests take when they come. A new url is asked for its status
-- page before it is written, and the answer to an earlier request may come after that to a later one.
create sequence task_service_turn;
alter table task_service add column turns jsonb not null default '{}';

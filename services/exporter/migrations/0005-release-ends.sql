-- Since when a task is in its state: what came to nothing is forgotten some time after.
alter table release_task add column moved_at timestamptz not null default now_ms();
create index release_task_over on release_task (moved_at) where state in ('initialized', 'canceled', 'failed');

create index release_task_release on release_task (release);

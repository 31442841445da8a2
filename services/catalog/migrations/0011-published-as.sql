-- The number under which a release was published, which its versions have in their names unless somebody renames them.
alter table release_task_version add column published_as text;

update release_task_version t
set published_as = substring(v.name from '[0-9]{1,9}[.][0-9]{1,9}[.][0-9]{1,9}$')
from release_version v
where v.release_version_id = t.release_version_id and t.announced;

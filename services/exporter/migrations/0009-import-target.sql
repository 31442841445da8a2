-- Where the lines of an import go instead of where they say.
alter table bulk_import add column target json;

-- When it was so, in milliseconds since 1970: of two things that had the same URL one after the other, the later one counts.
alter table told_access add column at double precision not null default '-infinity';

-- Halves of surrogate pairs and U+0000 were taken in texts once, and stand in stored JSON as escapes. PostgreSQL cannot
-- read such JSON as text, so that one of them broke every question about the rows beside it. They become U+FFFD, as
-- input of this kind becomes text everywhere else. An escape behind an odd number of backslashes is none.
create function fit_json(given text) returns text language sql immutable as $$
  select regexp_replace(given, '(?<!\\)((?:\\\\)*)\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\1\\ufffd', 'g')
$$;

update child_version set body = fit_json(body) where position('\u' in body) > 0 and body <> fit_json(body);
update org set extras = fit_json(extras::text)::json where extras::text <> fit_json(extras::text);
update source
set extras = fit_json(extras::text)::json, attributes = fit_json(attributes::text)::json
where extras::text <> fit_json(extras::text) or attributes::text <> fit_json(attributes::text);
update source_version
set extras = fit_json(extras::text)::json, snapshot = fit_json(snapshot::text)::json
where extras::text <> fit_json(extras::text) or snapshot::text <> fit_json(snapshot::text);

drop function fit_json(text);

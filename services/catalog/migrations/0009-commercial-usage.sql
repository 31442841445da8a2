-- What affiliates report of their use of the releases, period by period.
create table commercial_usage (
  commercial_usage_id bigint           not null default nextval('entity_id'),
  affiliate_id        bigint           not null,
  type                text,
  created_at          timestamptz      not null default clock_timestamp(),
  start_date          date             not null,
  end_date            date             not null,
  state               text             not null default 'NOT_SUBMITTED',
  note                text,
  -- Texts by name.
  context             jsonb            not null default '{}',
  submitted_at        timestamptz,
  -- When it was retracted: another one took its place.
  effective_to        timestamptz,
  constraint commercial_usage_pkey primary key (commercial_usage_id),
  constraint commercial_usage_affiliate foreign key (affiliate_id) references affiliate on delete cascade,
  constraint commercial_usage_state_known check (state in ('NOT_SUBMITTED', 'CHANGE_REQUESTED', 'SUBMITTED',
    'RESUBMITTED', 'PENDING_INVOICE', 'INVOICE_SENT', 'REVIEW_REQUESTED', 'PAID', 'REJECTED'))
);
create unique index commercial_usage_of_affiliate on commercial_usage (affiliate_id, start_date, end_date)
  where effective_to is null;
create index commercial_usage_by_affiliate on commercial_usage (affiliate_id, commercial_usage_id);

create table commercial_usage_entry (
  commercial_usage_entry_id bigint           not null default nextval('entity_id'),
  commercial_usage_id       bigint           not null,
  name                      text,
  note                      text,
  start_date                date,
  end_date                  date,
  country                   text collate "C" not null,
  created_at                timestamptz      not null default clock_timestamp(),
  constraint commercial_usage_entry_pkey primary key (commercial_usage_entry_id),
  constraint commercial_usage_entry_usage foreign key (commercial_usage_id) references commercial_usage on delete cascade,
  constraint commercial_usage_entry_country foreign key (country) references country
);
create index commercial_usage_entry_of_usage on commercial_usage_entry (commercial_usage_id, commercial_usage_entry_id);
create index commercial_usage_entry_of_country on commercial_usage_entry (country);

create table commercial_usage_country (
  commercial_usage_count_id bigint           not null default nextval('entity_id'),
  commercial_usage_id       bigint           not null,
  country                   text collate "C" not null,
  notes                     text,
  -- Numbers by the names of the API.
  counts                    jsonb            not null default '{}',
  created_at                timestamptz      not null default clock_timestamp(),
  constraint commercial_usage_country_pkey primary key (commercial_usage_count_id),
  constraint commercial_usage_country_once unique (commercial_usage_id, country),
  constraint commercial_usage_country_usage foreign key (commercial_usage_id) references commercial_usage on delete cascade,
  constraint commercial_usage_country_country foreign key (country) references country
);
create index commercial_usage_country_of_country on commercial_usage_country (country);

-- The report that a primary application is made with.
alter table application add column commercial_usage_id bigint;
alter table application add constraint application_commercial_usage
  foreign key (commercial_usage_id) references commercial_usage;
create index application_of_commercial_usage on application (commercial_usage_id) where commercial_usage_id is not null;

with made as (
  insert into commercial_usage (affiliate_id, type, start_date, end_date)
  select affiliate_id, details ->> 'type', date_trunc('year', now() at time zone 'UTC')::date,
    (date_trunc('year', now() at time zone 'UTC') + interval '1 year - 1 day')::date
  from application where application_type = 'PRIMARY'
  returning affiliate_id, commercial_usage_id
)
update application p set commercial_usage_id = made.commercial_usage_id from made
where made.affiliate_id = p.affiliate_id and p.application_type = 'PRIMARY';

-- What the Open Concept Lab API keeps of a user beside the account.
create table user_profile (
  account_id       uuid not null,
  company          text,
  location         text,
  preferred_locale text,
  extras           json not null default '{}',
  constraint user_profile_pkey primary key (account_id),
  constraint user_profile_account foreign key (account_id) references account on delete cascade
);

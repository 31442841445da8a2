create table page (id text not null, constraint page_pkey primary key (id));

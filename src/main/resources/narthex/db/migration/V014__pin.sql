-- Store paths that are kept with all paths that they refer to; expires_at is null for ever.
create table pin (
  path_hash text primary key,
  name text,
  created_at bigint not null,
  expires_at bigint
);

-- The closure of each pin. State 0: the references of the path are to be added. 1: they have been
-- added. 2: the path has no narinfo yet. 3: it has none, and no upstream gave one.
create table pin_path (
  pin text not null,
  path_hash text not null,
  state int not null,
  primary key (pin, path_hash)
);

create index pin_path_by_path on pin_path (path_hash);

create index pin_path_to_follow on pin_path (pin, path_hash) where state = 0;

create index pin_path_unknown on pin_path (pin, path_hash) where state > 1;

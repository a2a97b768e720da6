-- The same SQL in SQLite and PostgreSQL. Hashes are nix32 text, times milliseconds since 1970.

-- A narinfo, fetched or uploaded.
create table narinfo (
  store_path_hash text primary key,
  store_path text not null,
  url text not null,
  compression text not null,
  file_hash text,
  file_size bigint,
  nar_hash text not null,
  nar_size bigint not null,
  refs text not null,
  deriver text,
  sigs text not null,
  ca text,
  upstream text,
  stem text not null,
  checked_at bigint not null
);

create index narinfo_by_nar_hash on narinfo (nar_hash);

create index narinfo_by_stem on narinfo (stem);

-- A stored NAR, which has at least one representation.
create table nar (
  nar_hash text primary key,
  nar_size bigint not null,
  stored_at bigint not null
);

create table representation (
  nar_hash text not null references nar (nar_hash),
  form text not null,
  compression text not null,
  file_hash text not null,
  file_size bigint not null,
  extents bytea not null,
  primary key (nar_hash, form)
);

-- Every file name under which a NAR was ever advertised, and its NarHash.
create table file_name (
  stem text primary key,
  nar_hash text not null
);

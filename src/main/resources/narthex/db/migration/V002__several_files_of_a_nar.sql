-- A NAR may be stored in several compressions; nth is their order.
create table representation_2 (
  nar_hash text not null references nar (nar_hash),
  form text not null,
  compression text not null,
  file_hash text not null,
  file_size bigint not null,
  extents bytea not null,
  nth bigint not null,
  primary key (nar_hash, form, compression)
);

insert into representation_2 (nar_hash, form, compression, file_hash, file_size, extents, nth)
select nar_hash, form, compression, file_hash, file_size, extents, 1 from representation;

drop table representation;

alter table representation_2 rename to representation;

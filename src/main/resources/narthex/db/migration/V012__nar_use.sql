-- When a NAR was last used, in minutes since 1970: eviction goes from the least recent use on.
alter table nar add column used_at bigint not null default 0;

update nar set used_at = stored_at / 60000;

create index nar_by_use on nar (used_at, nar_hash);

-- In how many minutes a NAR was used: administrators look at the most used ones.
alter table nar add column uses bigint not null default 0;

create index nar_by_uses on nar (uses, nar_hash);

-- How far a check of the store has come, so that an interrupted one goes on. The step is empty when
-- the check has ended.
create table fsck (
  name text primary key,
  options text not null,
  step text not null,
  after_key text not null,
  began_at bigint not null,
  counts text not null
);

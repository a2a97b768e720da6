-- The queues of the background jobs. A whole file is superseded when its NAR is also stored as
-- chunks; if it isn't superseded, the NAR is still to be chunked. frames_hash is the hash of the
-- concatenated frames. Storing a lost chunk again may change it; rewritten counts these events.
alter table representation add column superseded_at bigint;

alter table representation add column frames_hash text;

alter table chunking add column rewritten bigint not null default 0;

update representation
set superseded_at = (select stored_at from nar where nar.nar_hash = representation.nar_hash)
where form = 'whole' and exists (
  select 1 from representation c where c.nar_hash = representation.nar_hash and c.form = 'chunked');

create index representation_to_chunk on representation (nar_hash)
where form = 'whole' and superseded_at is null;

create index representation_to_hash on representation (nar_hash)
where form = 'chunked' and frames_hash is null;

create index representation_superseded on representation (nar_hash, superseded_at)
where superseded_at is not null;

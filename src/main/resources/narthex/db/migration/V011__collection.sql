-- Collection of chunks. From now on chunk.condemned is a set of flags: 1 for a chunk that was found
-- lost or damaged, 2 for one that no manifest referred to in the last search.
create index chunk_condemned on chunk (number) where condemned <> 0;

-- One row: the number of the last round of the collection; 1 if its chunks still have the flag 2;
-- when that round began; 1 if the next round is to begin at once.
create table collection (
  id int primary key,
  round bigint not null,
  pending int not null,
  began_at bigint not null,
  wanted int not null
);

insert into collection (id, round, pending, began_at, wanted) values (1, 0, 0, 0, 0);

-- The replicas that store chunks, and the last round that began before all their open writers. A
-- running replica keeps counting beats.
create table collection_replica (
  replica text primary key,
  passed bigint not null,
  beats bigint not null
);

-- Packs with frames that no chunk refers to, which may be worth compacting.
create table sparse_pack (
  pack text primary key
);

-- One row, created when it is first needed: the random name of this database. The blob store has a
-- copy, so that no database deletes the blobs of another one.
create table blob_owner (
  id int primary key,
  owner text not null
);

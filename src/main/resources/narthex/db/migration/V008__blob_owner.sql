-- One row, made when it is first needed: a random name for this database, which its blob store keeps
-- too, so that no database deletes the blobs of another one.
create table blob_owner (
  id int primary key,
  owner text not null
);

-- Blobs that no row refers to any more: packs, whole files and documents alike. A line is written in
-- the transaction of the row that stops referring to the blob, and removed after the blob.
create table garbage (
  blob text primary key,
  delete_after bigint not null
);

-- Whether a row refers to a blob is looked up before the blob is deleted. The key of a whole file
-- names it by NarHash or FileHash.
create index document_by_blob on document (blob);

create index representation_by_file_hash on representation (file_hash);

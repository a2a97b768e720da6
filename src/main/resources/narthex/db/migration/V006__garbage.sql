-- Blobs that no row refers to any more: packs, whole files and documents. The transaction that
-- removes the last reference adds the row; it is deleted after the blob.
create table garbage (
  blob text primary key,
  delete_after bigint not null
);

-- For the check that no row refers to a blob before it is deleted. The key of a whole file contains
-- its NarHash or FileHash.
create index document_by_blob on document (blob);

create index representation_by_file_hash on representation (file_hash);

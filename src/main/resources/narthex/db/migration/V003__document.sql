-- Documents: listings, logs, realisations and the like. The path is the document's name, not
-- percent-encoded; the blob is one zstd frame.
create table document (
  path text primary key,
  hash text not null,
  size bigint not null,
  blob text not null,
  blob_size bigint not null,
  upstream text,
  stored_at bigint not null
);

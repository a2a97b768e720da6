-- Chunks of NARs, identified by their SHA-256. A chunk is one zstd frame in a pack; frame_crc is the
-- CRC-32C of the frame. New manifests don't refer to a condemned chunk but store it again.
create table chunk (
  number bigint primary key,
  hash bytea not null unique,
  pack text not null,
  pack_offset bigint not null,
  stored_length int not null,
  length int not null,
  frame_crc int not null,
  condemned int not null
);

create index chunk_by_pack on chunk (pack);

-- One row: the next free chunk number, and the chunk sizes of this database.
create table chunking (
  id int primary key,
  next_number bigint not null,
  sizes text
);

insert into chunking (id, next_number, sizes) values (1, 1, null);

-- The manifest of a chunked NAR, with some thousand chunks per row. The offsets are those of the
-- first byte in the NAR and in its concatenated frames.
create table manifest_part (
  nar_hash text not null references nar (nar_hash),
  part int not null,
  nar_offset bigint not null,
  frames_offset bigint not null,
  length bigint not null,
  frames_length bigint not null,
  numbers bytea not null,
  primary key (nar_hash, part)
);

create unique index manifest_part_by_nar_offset on manifest_part (nar_hash, nar_offset);

create unique index manifest_part_by_frames_offset on manifest_part (nar_hash, frames_offset);

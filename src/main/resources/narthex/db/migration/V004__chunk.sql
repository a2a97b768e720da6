-- NARs that are stored as chunks. A chunk is named by the SHA-256 of its bytes and lies in a pack
-- as one zstd frame, of which the CRC-32C is kept; a condemned one is not referred to any more, and written anew when it comes.
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

-- One row: the next free number of a chunk, and the sizes with which the first one was cut.
create table chunking (
  id int primary key,
  next_number bigint not null,
  sizes text
);

insert into chunking (id, next_number, sizes) values (1, 1, null);

-- Which chunks a NAR consists of, some thousand a row. The offsets are those of the first byte in
-- the NAR and in the row of all its frames.
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

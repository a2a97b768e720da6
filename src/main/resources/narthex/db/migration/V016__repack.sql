-- Packs that were compressed again. A group is one zstd frame with several chunks of a pack, one
-- after the other. If group_length, the length of the decoded group, isn't 0, then pack_offset is
-- the offset of the group's frame, group_stored its length, group_crc the CRC-32C of it, and group_at
-- the offset of the chunk in the decoded group. stored_length and frame_crc stay those of the chunk's
-- own frame, which is made again when a client takes frames.
alter table chunk add column group_stored int not null default 0;

alter table chunk add column group_length int not null default 0;

alter table chunk add column group_crc int not null default 0;

alter table chunk add column group_at int not null default 0;

-- Packs that don't need to be compressed again at this level.
create table repacked (
  pack text primary key,
  level int not null
);

-- The version of the compressor that makes frames again.
alter table chunking add column codec text;

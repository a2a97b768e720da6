-- Eviction looks at the narinfos of each NAR: whether they were uploaded, and which paths they have.
-- The index has both, so that it reads no narinfo.
create index narinfo_by_nar on narinfo (nar_hash, upstream, store_path_hash);

drop index narinfo_by_nar_hash;

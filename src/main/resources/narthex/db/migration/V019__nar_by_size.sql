-- Administrators look at the largest NARs.
create index nar_by_size on nar (nar_size, nar_hash);

-- The hash of a NAR's concatenated frames is the file name under which these are advertised.
insert into file_name (stem, nar_hash)
select frames_hash, nar_hash from representation where frames_hash is not null
on conflict (stem) do nothing;

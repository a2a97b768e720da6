-- The hash of a NAR's frames is a file name of the NAR: that under which they are advertised.
insert into file_name (stem, nar_hash)
select frames_hash, nar_hash from representation where frames_hash is not null
on conflict (stem) do nothing;

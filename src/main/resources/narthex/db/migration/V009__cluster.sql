-- The replicas that are connected, so that others find them; JGroups writes and reads it.
create table cluster_member (
  address varchar(200) primary key,
  name varchar(200),
  cluster varchar(200) not null,
  ip varchar(200) not null,
  coord boolean
);

-- Texts that all replicas share, such as the secret of their cluster.
create table shared_text (
  name text primary key,
  value text not null
);

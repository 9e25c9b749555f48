-- Who looked at which customer.

-- :note
-- What a page reads again while it is open is the same look; the API and the commands are told
-- each time.
insert into customer_accesses (at, actor, customer_key, way, page)
select %(now)s, %(actor)s, %(customer)s, %(way)s, %(page)s
where %(way)s <> 'page' or not exists (
    select from customer_accesses a
    where a.customer_key = %(customer)s and a.at > %(since)s and a.at <= %(now)s
        and a.actor = %(actor)s and a.way = %(way)s
        and a.page is not distinct from %(page)s
)

-- :log
-- Every key that a customer ever had is the key of one of its identities.
select a.at, a.actor, a.customer_key, a.way, a.page
from customer_accesses a
where (%(actor)s::text is null or a.actor = %(actor)s)
    and (%(customer)s::bigint is null or a.customer_key in (
        select i.identity_key from identities i where i.customer_key = %(customer)s
    ))
order by a.at desc, a.id desc
limit %(limit)s

-- :forget
delete from customer_accesses where at < %(now)s::timestamptz - make_interval(months => %(months)s)

-- Whose each thread is, from `told` (thread_key, kind, customer_key, ambiguous): what says most
-- of a person decides, the ambiguous last; where that names two people it is nobody's.
select thread_key, min(customer_key) as customer_key
from (
    select thread_key, customer_key, rank() over (
        partition by thread_key
        order by ambiguous, case kind
            when 'crm' then 0 when 'email' then 1 when 'phone' then 3 when 'cookie' then 4 else 2
        end
    ) as place
    from told
    where customer_key is not null
) t
where place = 1
group by thread_key
having min(customer_key) = max(customer_key)

{{ config(meta={"published": true, "public": "open_feeds", "counts": "records"}) }}
-- One row per partner, feed and month: where the rows in force could be placed. In an LSOA, they count
-- in hotspots; in a district alone, in its figures; nowhere, in those of the force.
select
    feed_place.partner,
    feed_place.feed,
    feed_place.month,
    strftime(feed_place.month, '%Y-%m') as period_label,
    feed_place.records,
    feed_place.in_lsoa,
    feed_place.of_other_vintage,
    feed_place.in_district_alone,
    feed_place.nowhere,
    100e0 * feed_place.of_other_vintage / feed_place.records as percent_of_other_vintage,
    100e0 * feed_place.nowhere / feed_place.records as percent_nowhere
from {{ ref("int_feed_place") }} as feed_place

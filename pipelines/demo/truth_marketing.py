"""What the figures of mailings, website, content and social networks really are, by month.

Belongs here: each KPI by its plain definition, from what happened and what the exports say of it by
then. Nothing of the pipeline is used.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from pipelines.demo.by_month import ByMonth, Figure, Sums, median, ratio
from pipelines.demo.company import Company
from pipelines.demo.exports.schedule import Schedule

WORD_OF_CHANNEL = {"Email": "email", "email": "email", "SMS": "sms", "Letter": "letter"}
Months = list[tuple[str, date]]


class MarketingTruth:
    """Marketing's figures, of every month that an export speaks of."""

    def __init__(
        self, company: Company, schedule: Schedule, months: Months, ads: dict[str, ByMonth]
    ) -> None:
        self.made, self.schedule, self.ads = company.marketing, schedule, ads
        self.last = max(last for _, last in schedule.weekly)
        self.months = [(month, min(end, self.last)) for month, end in months]
        self.months = [(month, end) for month, end in self.months if f"{end:%Y-%m}" == month]

    def known_on(self, day: date) -> date | None:
        """The newest export that shows a day; none where it comes too late for all."""
        seen = [last for first, last in self.schedule.weekly if first <= day <= last]
        return max(seen, default=None)

    def kpis(self) -> dict[str, ByMonth]:
        """Every KPI by month."""
        mailed = self._mailed(lambda word: word == "email")
        any_channel = self._mailed(lambda _: True)
        web = self._web(lambda _: True)
        return {
            "emails_sent": self.flow(mailed["sent"]),
            "email_open_rate": self.ratio(mailed["opened"], mailed["delivered"]),
            "email_ctr": self.ratio(mailed["clicked"], mailed["delivered"]),
            "response_rate": self.ratio(any_channel["replied"], any_channel["delivered"]),
            "sessions": self.flow(web["sessions"]),
            "page_views": self.flow(web["page_views"]),
            "bounce_rate": self.ratio(web["bounces"], web["sessions"]),
            "form_cvr": self.ratio(web["submitted"], web["viewed"]),
            **self._social(),
            **self._content(web["of_posts"]),
        }

    def slices(self) -> dict[str, dict[str, dict[str, ByMonth]]]:
        """Replies by channel."""

        def replies(channel: str) -> ByMonth:
            mailed = self._mailed(lambda word: word == channel)
            return self.ratio(mailed["replied"], mailed["delivered"])

        return {"response_rate": {"channel": {c: replies(c) for c in ("email", "letter", "sms")}}}

    def flow(self, sums: Sums) -> ByMonth:
        """The sums of every month."""
        return {month: sums[month] for month, _ in self.months}

    def ratio(self, numerator: Sums, denominator: Sums) -> ByMonth:
        """A quotient for every month."""
        return {month: ratio(numerator[month], denominator[month]) for month, _ in self.months}

    def _mailed(self, wanted: Callable[[str], bool]) -> dict[str, Sums]:
        names = ("sent", "delivered", "opened", "clicked", "replied")
        sums = {name: Sums() for name in names}
        for one in self.made.sends:
            last = self.known_on(one.day)
            if last and wanted(WORD_OF_CHANNEL[one.channel]):
                sums["sent"].add(one.day, one.sent)
                sums["delivered"].add(one.day, one.delivered)
                for name in names[2:]:
                    sums[name].add(one.day, one.known(getattr(one, name), last))
        return sums

    def _web(self, wanted: Callable[[str], bool]) -> dict[str, Sums]:
        names = ("sessions", "page_views", "bounces", "viewed", "submitted", "of_posts")
        sums = {name: Sums() for name in names}
        posts = {post.page for post in self.made.posts if post.published <= self.last}
        last_of: dict[date, date | None] = {}
        for one in self.made.visits:
            if one.day not in last_of:
                last_of[one.day] = self.known_on(one.day)
            last = last_of[one.day]
            if last is None or not wanted(one.source):
                continue
            views = one.known(one.page_views, last)
            sums["sessions"].add(one.day, one.known(one.sessions, last))
            sums["page_views"].add(one.day, views)
            sums["bounces"].add(one.day, one.known(one.bounces, last))
            sums["viewed"].add(one.day, one.known(one.forms_viewed, last))
            sums["submitted"].add(one.day, one.known(one.forms_submitted, last))
            if one.page in posts:
                sums["of_posts"].add(one.day, views)
        return sums

    def _social(self) -> dict[str, ByMonth]:
        shares, downloads = Sums(), Sums()
        for one in self.made.shared:
            last = self.known_on(one.day)
            if last:
                shares.add(one.day, one.known(one.shares, last))
        for day, _, _, count in self.made.downloads:
            if day <= self.last:
                downloads.add(day, count)
        followers: ByMonth = {}
        for month, end in self.months:
            counted = {
                (platform, profile): count
                for day, platform, profile, count in self.made.followers
                if day <= end
            }
            followers[month] = Decimal(sum(counted.values()))
        return {
            "social_shares": self.flow(shares),
            "content_downloads": self.flow(downloads),
            "social_followers": followers,
        }

    def _content(self, views: Sums) -> dict[str, ByMonth]:
        posts, keywords, links, hours = Sums(), Sums(), Sums(), Sums()
        published = [post for post in self.made.posts if post.published <= self.last]
        for post in published:
            posts.add(post.published, 1)
            keywords.add(post.published, post.keywords)
            links.add(post.published, post.links_on(self.last))
            hours.add(post.published, post.hours)
        per_post: ByMonth = {}
        worth: ByMonth = {}
        for month, end in self.months:
            online = Decimal(sum(post.published <= end for post in published))
            per_post[month] = ratio(views[month], online)
            spend = self.ads["ad_spend"].get(month) or Decimal(0)
            clicks = self.ads["clicks"].get(month) or Decimal(0)
            worth[month] = ratio(views[month] * spend, clicks * online)
        return {
            "traffic_per_post": per_post,
            "traffic_value_per_post": worth,
            "keywords_per_post": self.ratio(keywords, posts),
            "links_per_post": self.ratio(links, posts),
            "hours_per_asset": self.ratio(hours, posts),
            "search_rank": {month: self._rank(month) for month, _ in self.months},
        }

    def _rank(self, month: str) -> Figure:
        return median(
            position
            for day, _, _, position in self.made.positions
            if day <= self.last and f"{day:%Y-%m}" == month
        )

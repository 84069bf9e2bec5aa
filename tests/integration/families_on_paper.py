"""What KPIs of marketing, people, projects and opinions are: `kpi_case_facts_families.sql`."""

from __future__ import annotations

from datetime import date

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)

# Of February 2026, on paper: value, and for a ratio what is divided by what.
ON_PAPER: dict[str, tuple[str, str | None, str | None]] = {
    "video_views": ("500", None, None),
    "video_view_rate": ("0.25", "500", "2000"),  # 500 more impressions were of no video
    "emails_sent": ("1500", None, None),  # letters are no e-mails
    "email_open_rate": ("0.4", "392", "980"),  # 490 more were delivered, but nobody counts opens
    "email_ctr": ("0.05", "49", "980"),
    "response_rate": ("0.016156", "19", "1176"),  # (7 + 12) / (980 + 196)
    "sessions": ("180", None, None),
    "page_views": ("306", None, None),
    "bounce_rate": ("0.394444", "71", "180"),
    "form_cvr": ("0.15", "6", "40"),
    "content_downloads": ("20", None, None),
    "social_followers": ("1125", None, None),  # 1000 + 30 - 5 + 100
    "social_shares": ("8", None, None),
    "traffic_per_post": ("12", "36", "3"),  # p1 of January is online, too
    "traffic_value_per_post": ("13.333333", "3600", "270"),  # 36 views * 100 / 90 clicks / 3 posts
    "search_rank": ("4.2", "8.4", "2"),  # 3.4 and 5 are in the middle of 1.2, 3.4, 5 and 8
    "keywords_per_post": ("3.5", "7", "2"),
    "links_per_post": ("5.5", "11", "2"),
    "hours_per_asset": ("4.625", "9.25", "2"),
    "average_review_rating": ("3.333333", "10", "3"),
    "positive_review_share": ("0.666667", "2", "3"),
    "brand_favourability": ("0.666667", "2", "3"),  # who left it out has not answered
    "brand_recall_lift": ("0.416667", "5", "12"),  # 2 / 3 - 1 / 4 = (2 * 4 - 1 * 3) / (3 * 4)
    "headcount": ("3", None, None),  # a, b and d
    "employee_turnover_rate": ("0.571429", "2", "3.5"),  # c and e; 4 at the start, 3 at the end
    "employee_retention_rate": ("0.75", "3", "4"),  # c is lost; e was not there at the start
    "employee_satisfaction": ("0.666667", "2", "3"),
    "salary_competitiveness_ratio": ("0.905172", "105000", "116000"),  # 90000 compares with none
    "earned_value": ("180", None, None),  # 120 + 60: the newer report takes the older one's place
    "planned_value": ("240", None, None),
    "actual_cost": ("200", None, None),
    "cost_performance_index": ("0.9", "180", "200"),
    "schedule_performance_index": ("0.75", "180", "240"),
    "critical_path_days": ("14", "14", "1"),  # of the project that has the longest
}
OTHER_CELLS: list[tuple[str, str, date, str, str, str | None]] = [
    ("video_view_rate", "month", JANUARY, "total", "", None),  # nothing was seen
    ("response_rate", "month", FEBRUARY, "channel", "letter", "0.061224"),  # 12 / 196
    ("email_open_rate", "week", date(2026, 2, 16), "total", "", None),  # no opens were counted
    ("sessions", "month", FEBRUARY, "channel", "direct", "50"),
    ("form_cvr", "month", FEBRUARY, "channel", "search", None),  # no form was seen
    ("social_followers", "month", JANUARY, "total", "", "1000"),
    ("social_followers", "month", MARCH, "platform", "linkedin", "1025"),  # stands until counted
    ("traffic_per_post", "month", JANUARY, "total", "", "12"),
    ("search_rank", "month", FEBRUARY, "page", "/", "5"),
    ("search_rank", "quarter", JANUARY, "total", "", "5"),
    ("keywords_per_post", "month", MARCH, "total", "", None),  # nothing was published
    ("hours_per_asset", "quarter", JANUARY, "total", "", "4.583333"),  # 13.75 / 3
    ("brand_recall_lift", "week", date(2026, 2, 16), "total", "", None),  # nobody asked before
    ("average_review_rating", "month", FEBRUARY, "platform", "google", "4.5"),
    ("employee_turnover_rate", "month", FEBRUARY, "team", "Sales", "1"),  # 2 of 2 at both ends
    ("employee_turnover_rate", "month", FEBRUARY, "team", "Product", "0"),  # b only moved
    ("employee_retention_rate", "month", FEBRUARY, "team", "Sales", "0.5"),
    ("employee_retention_rate", "month", FEBRUARY, "team", "Product", "1"),
    ("employee_retention_rate", "week", date(2026, 2, 16), "total", "", "0.75"),  # e of a, b, d, e
    ("headcount", "month", FEBRUARY, "team", "Sales", "2"),
    ("earned_value", "month", JANUARY, "total", "", "80"),
    ("cost_performance_index", "month", FEBRUARY, "project", "MOVE", "1.5"),
    ("critical_path_days", "month", FEBRUARY, "project", "SHOP", "9.5"),
    ("critical_path_days", "quarter", JANUARY, "total", "", "0"),  # nothing is open any more
]

"""A contract of a shop's orders, small enough to be read beside the tests that use it."""

ORDERS = """
source: shop
family: finance
owner: {team: Shop, email: shop@example.com}
streams:
  orders:
    description: Orders of the shop.
    shapes: [{name: csv}]
    columns:
      - {name: order_id, headers: [Order], type: text, required: true}
      - {name: amount, headers: [Amount], type: "decimal(18,2)", required: true}
    key: [order_id]
    load: {rule: upsert}
"""
TOLERANT = ORDERS + "    quarantine_limit: 0.5\n"
"""The same, of which half of the rows may be broken."""

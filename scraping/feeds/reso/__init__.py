"""An MLS over the RESO Web API (OData) or Spark: one module per thing that it takes to follow it.

``credentials`` how we prove who we are · ``client`` one polite request · ``metadata`` what the server has and how
it calls things · ``query`` how to ask it · ``replication`` the passes of a run and what they leave behind ·
``statuses`` what its words mean. ``scraping.readers.reso`` reads what comes back.
"""

"""The demo company: Veldaro, a software house with about 300 customers, over the two years up to a day.

Everything follows from one hidden mood per account and month (mood.py): answers, comments, usage, tickets,
renewals and churn. Four things are true of it, so that every page has something to find:

- Mid-market goes down in the last two quarters, after a price increase: its NPS falls, its comments speak of
  the price, it renews less.
- The product Automation, launched 14 months ago, has onboarding trouble: go-lives with it are rated far below
  those of the platform, accounts that just bought it blame onboarding, and its projects lose money.
- Customers in Asia-Pacific are happier than anywhere else.
- Unhappy accounts leave: usage falls and tickets rise in the half year before a customer churns.
"""

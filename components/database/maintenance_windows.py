"""When RDS backs up and maintains the database, and when AWS Backup runs: separate windows, in UTC.

AWS Backup starts no job for an RDS instance during its backup or maintenance window, nor in the hour before one
(AWS Backup Developer Guide, "Troubleshooting"). A window that is not set falls anywhere in an eight-hour block of
the Region.
"""

# At night in Europe and late in the evening in America.
COPY_SCHEDULE, COPY_STARTS_WITHIN_MINUTES = "cron(0 3 ? * * *)", 120

# Half an hour is the shortest window that RDS accepts. RDS's own backup runs every day before the copies,
# maintenance on Sundays after them.
DATABASE_BACKUP = "01:00-01:30"
DATABASE_MAINTENANCE = "sun:06:30-sun:07:00"

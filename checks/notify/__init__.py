"""Telling people of incidents: who (`channels`), what is to be told (`telling`), what a channel does now (`planning`),
in which words (`words`, `digest`), and how it gets there (`sender`, `webhook`, `by_apprise`).

Pure up to the sender: messages are recorded with the incident in one commit, and decided upon when they are due.
"""

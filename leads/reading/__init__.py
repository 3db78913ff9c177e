"""What an advert's text tells: typed facts of a closed catalogue, each resting on words that stand in the text."""

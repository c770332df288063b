"""Files in and out: everything GDAL reads, streamed in batches; what had to be guessed is shown."""

"""Bounds on what an uploaded document may cost. Not here: the limits of the process that reads it (sandbox.py)."""

MAX_UPLOAD_BYTES = 10_000_000  # a CV with photo and certificates as scanned by a phone; more is no CV
MAX_PAGES = 30  # an academic CV with a list of publications; the median has two
MAX_CHARACTERS = 200_000  # thirty dense pages have about 150,000

# DOCX: a long one has 40 parts and 0.5 MB of XML. Pictures lie in the archive and are never unpacked.
MAX_ZIP_ENTRIES = 2_000
MAX_ZIP_UNCOMPRESSED = 100_000_000  # by the directory, over all entries: what an honest archive with pictures may have
MAX_PART_BYTES = 20_000_000  # of one part of XML, counted while it is unpacked and not by what the directory says
FREE_PART_BYTES = 1_000_000  # up to here the ratio does not matter
MAX_ZIP_RATIO = 200  # XML of Word packs to a tenth; a deflated run of zeros reaches 1,000

MAX_XML_DEPTH = 200  # tables in tables; Word's own XML has 30
MAX_XML_ELEMENTS = 300_000  # a CV of 30 pages in Word has 60,000; each takes a hundred times its own four bytes
MAX_JSON_DEPTH = 60  # Europass has 12

# PDF: what one stream may unpack to. Pages of text have 50 kB; pictures are not decoded.
MAX_PDF_STREAM_BYTES = 20_000_000
MAX_PDF_OPERATIONS = 300_000  # of one page's content; a page of text has some hundreds, a drawn map 100,000

MAX_LINE = 900  # characters of one field, below the 1,000 of resume_schema.json
MAX_ENTRIES = 100  # per section of the resume

"""Readers of the SOAP gateway's Bodies: elements in pinyin, amounts as text, null as xsi:nil."""

"""The pipeline formats: PipelineSpec IR v2, platform spec, v1 components; loading, checking and what they mean."""

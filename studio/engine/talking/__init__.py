"""A picture and a voice become a video: sound, mouth shapes, a performance, frames."""

"""Prices and limits of AWS."""

from typing import NamedTuple

__all__ = ["CONSTANTS", "Constant"]


class Constant(NamedTuple):
    """A price or a limit, and where it stands."""

    value: float
    text: str
    source: str
    date: str


_LAMBDA = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AWSLambda/current/us-east-1/index.csv"
_S3 = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonS3/current/us-east-1/index.csv"
_OCEL = "2026-09-06, as recorded in github.com/ocelhq/ocel"
_UNDATED = "a stored copy without a date"

CONSTANTS = {
    "request": Constant(0.20e-6, "$ per Lambda request", _LAMBDA, _OCEL),
    "second": Constant(0.0000133334, "$ per GB-second of Lambda on arm64", _LAMBDA, _OCEL),
    "vcpu": Constant(
        1_769,
        "MB of memory at which a function has one vCPU",
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html",
        _UNDATED,
    ),
    "payload": Constant(
        6e6,
        "bytes of a Lambda payload; a batch of SQS has 10,000 messages at most",
        "https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html",
        _UNDATED,
    ),
    "sqs": Constant(
        0.40e-6,
        "$ per SQS request",
        "https://aws.amazon.com/sqs/pricing/",
        "2026-03-14, as recorded in cloudburn.io/blog/amazon-sqs-pricing",
    ),
    "s3": Constant(0.023, "$ per GB-month in S3 Standard", _S3, _OCEL),
    "athena": Constant(
        5,
        "$ per TB that Athena scans",
        "https://aws.amazon.com/athena/pricing/",
        "2026-08-27, as recorded in github.com/KensioSoftware/rainlytics",
    ),
    "query": Constant(
        10e6,
        "bytes that Athena bills a query at least",
        "https://aws.amazon.com/athena/pricing/",
        "a copy without a date of github.com/KensioSoftware/rainlytics/issues/21; athena.guide, 2020-10-15",
    ),
    "dpu": Constant(
        0.44,
        "$ per DPU-hour of Glue (G.1X: 4 vCPU, 16 GB)",
        "https://aws.amazon.com/glue/pricing/",
        "2026-10-07, as recorded in github.com/api-evangelist/amazon-glue-databrew, for table optimization; for Spark "
        "jobs in documents up to 2022 only",
    ),
    "dpus": Constant(
        2,
        "DPUs of a Spark job of Glue at least",
        "https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-job.html",
        "botocore's service model, of the version above",
    ),
    "job": Constant(
        60,
        "seconds that Glue bills a Spark job at least",
        "https://aws.amazon.com/glue/pricing/",
        "2026-05, as recorded in awsnegotiations.com/glue-job-cost-optimization.html",
    ),
    "ec2": Constant(
        0.0816,
        "$ per hour of m7g.large (2 vCPU, 8 GB), Linux, for Ray or Spark",
        "https://aws.amazon.com/ec2/pricing/on-demand/",
        "2026-06-17, as recorded in factualminds.com/blog/amazon-ec2-on-demand-pricing-instance-families-2026",
    ),
    "instance": Constant(
        60,
        "seconds that EC2 bills an instance with Linux at least",
        "https://aws.amazon.com/about-aws/whats-new/2017/10/announcing-amazon-ec2-per-second-billing/",
        "2017-10-02",
    ),
    "firehose": Constant(
        5_120,
        "bytes to which Firehose rounds each record up; its price per GB was found in no dated document",
        "https://aws.amazon.com/firehose/pricing/",
        _UNDATED,
    ),
    "ids": Constant(
        100,
        "ids per call of DescribeImages and of BatchGetImage, names per call of DescribeRepositories",
        "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html",
        "botocore's service model, of the version above",
    ),
    "quota": Constant(
        2_000,
        "BatchGetImage calls per second, account and region; adjustable",
        "https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html",
        _UNDATED,
    ),
}
